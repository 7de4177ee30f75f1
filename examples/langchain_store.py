from langchain_core.documents import Document

from emoplug_langchain import BacktracingRetriever, CauseCompressor, EmoplugEmbeddings, FaissStore

diary = [
    Document("My sister forgot my birthday again. Then it rained.", metadata={"year": 2024}),
    Document("My sister and I baked a cake for her birthday.", metadata={"year": 2023}),
    Document("The train was late, and I missed the meeting.", metadata={"year": 2024}),
]
store = FaissStore.from_documents(diary, EmoplugEmbeddings(), ids=["rain", "cake", "train"])
store.save_local("diary")  # no pickle; FaissStore.open("diary", EmoplugEmbeddings()) reads it
said = "I am so furious with my sister!"
found = store.similarity_search(said, k=2, filter={"year": {"$gte": 2024}})
print("found: ", [document.page_content for document in found])

for passage in CauseCompressor(top_n=1).compress_documents(found, said):
    print(f"cause:  {passage.page_content} ({passage.metadata['score']:.0%})")

lecture = "A cup cools. The minus sign is there because heat is lost. Next week come rabbits."
retriever = BacktracingRetriever(documents=[Document(lecture)], k=1)
print("lecture:", retriever.invoke("Why is there a minus sign?")[0].page_content)
