"""What a user sells."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel
from starlette.datastructures import UploadFile

from core.products import Product

from .answers import PROBLEMS, Success
from .deps import App, CurrentUser

router = APIRouter(prefix="/products", tags=["products"], responses=PROBLEMS)

IMPORT = "/products/import"
IMPORT_BYTES = 10_000_000
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "required": ["file"],
                }
            },
        },
    }
}


class BadLine(BaseModel):
    line: int
    problem: str


class Imported(BaseModel):
    imported: int
    errors: list[BadLine]
    """The lines that were left out, and why."""


class Found(BaseModel):
    product: Product
    score: float
    words: list[str]
    """The words that spoke for it."""


class Catalogue(BaseModel):
    items: list[Product]
    total: int


async def _csv(request: Request) -> bytes:
    """The file, as the body itself or as the part `file` of a form."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise HTTPException(422, "Send the CSV file as the part `file` of the form.")
        return await file.read()


@router.post("/import", openapi_extra=BODY)
def import_products(
    app: App, user: CurrentUser, csv: Annotated[bytes, Depends(_csv)], replace: bool = False
) -> Success[Imported]:
    """Add or renew the products of a CSV file with the columns sku, name and price.

    With `replace`, the products that the file does not name are forgotten.
    """
    take = app.products.replace_by_csv if replace else app.products.import_csv
    result = take(csv, by=user.id)
    errors = [BadLine(line=bad.line, problem=bad.problem) for bad in result.errors]
    return Success(data=Imported(imported=len(result.products), errors=errors))


@router.get("/search")
def search_products(
    app: App,
    user: CurrentUser,
    q: Annotated[str, Query(max_length=2000)],
    limit: Annotated[int, Query(ge=1, le=50)] = 5,
) -> Success[list[Found]]:
    """The products that a text is about, best first."""
    matches = app.products.search(q, by=user.id, limit=limit)
    return Success(
        data=[
            Found(product=match.product, score=match.score, words=list(match.words))
            for match in matches
        ]
    )


@router.get("")
def list_products(
    app: App,
    user: CurrentUser,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Success[Catalogue]:
    products = app.products.list(by=user.id)
    return Success(data=Catalogue(items=products[offset : offset + limit], total=len(products)))
