"""Training of the learned part; needs the data sets, and the encoder of plugin ``onnx``."""
