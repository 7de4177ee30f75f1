"""The OpenAPI document: the emotion endpoints in full, the proxied ones in brief."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from emoplug import __version__
from emoplug_server._emotion import ANALYZE, REVIEW
from emoplug_server._shapes import (
    AnalyzeRequest,
    AnalyzeResponse,
    ErrorResponse,
    ReviewRequest,
    ReviewResponse,
)

_REFERENCE = "#/components/schemas/{model}"
_REFUSED = {
    400: "The body is no JSON.",
    401: "The key is wrong or missing.",
    413: "The body is too long.",
    415: "The body is of another type.",
    422: "The body is not what is asked for.",
    503: "Too many requests at a time.",
}
_PROXIED = {
    "/v1/chat/completions": ("post", "Chat completions: upstream's, with guidance added."),
    "/v1/responses": ("post", "Responses: upstream's, with guidance added."),
    "/v1/embeddings": ("post", "Embeddings: upstream's, untouched."),
    "/v1/models": ("get", "Models: upstream's, untouched."),
}


def document(*, keyed: bool) -> dict[str, Any]:
    """Answer the document, OpenAPI 3.1; ``keyed``: whether clients need a key of the server's."""
    models: list[type[BaseModel]] = [
        AnalyzeRequest,
        AnalyzeResponse,
        ReviewRequest,
        ReviewResponse,
        ErrorResponse,
    ]
    # What goes in may leave out defaults, what comes out never does.
    _, schemas = models_json_schema(
        [(m, "validation" if m.__name__.endswith("Request") else "serialization") for m in models],
        ref_template=_REFERENCE,
    )
    paths = {
        ANALYZE: {"post": _emotion("Understand conversations.", AnalyzeRequest, AnalyzeResponse)},
        REVIEW: {"post": _emotion("Say what a reply does.", ReviewRequest, ReviewResponse)},
        "/healthz": {"get": _plain("Tell that the server is up and warm.", "application/json")},
        "/metrics": {"get": _plain("Counts, for Prometheus.", "text/plain")},
        **{path: {method: _passed(what)} for path, (method, what) in _PROXIED.items()},
    }
    bearer = {"bearer": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "emoplug", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas["$defs"], "securitySchemes": bearer},
        **({"security": [{"bearer": []}]} if keyed else {}),
    }


def _emotion(what: str, asked: type[BaseModel], answer: type[BaseModel]) -> dict[str, Any]:
    return {
        "summary": what,
        "tags": ["emotion"],
        "requestBody": {"required": True, "content": _content(asked)},
        "responses": {
            "200": {"description": "What was understood.", "content": _content(answer)},
            **{
                str(status): {"description": text, "content": _content(ErrorResponse)}
                for status, text in _REFUSED.items()
            },
        },
    }


def _plain(what: str, kind: str) -> dict[str, Any]:
    answer = {"description": what, "content": {kind: {"schema": {}}}}
    return {"summary": what, "tags": ["running"], "security": [], "responses": {"200": answer}}


def _passed(what: str) -> dict[str, Any]:
    answer = {"default": {"description": "As upstream answers."}}
    return {"summary": what, "tags": ["proxied"], "responses": answer}


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(model=model.__name__)}}}
