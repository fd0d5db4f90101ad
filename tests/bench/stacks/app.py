"""Peer: starlette + asyncpg + jinja2 under uvicorn.  DSN_*, HEAD and QUERY in the environment."""
import json
import os

import asyncpg
import jinja2
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

here = os.path.dirname(os.path.abspath(__file__))
query = open(os.path.join(here, "query.sql"), encoding="utf-8").read()
head = open(os.environ["HEAD_FILE"], encoding="utf-8").read()
page = jinja2.Environment(autoescape=True, auto_reload=False,
                          loader=jinja2.FileSystemLoader(here)).get_template("page.j2")


async def start():
    app.state.pool = await asyncpg.create_pool(
        host=os.environ["PGHOST"], user="postgres", database="qrsvc", min_size=4, max_size=4)


async def label(request):
    row = await app.state.pool.fetchval(query, request.path_params["code"])
    if row is None:
        return HTMLResponse("not found", 404)
    return HTMLResponse(page.render(head=head, d=json.loads(row)))

app = Starlette(routes=[Route("/{code}", label)], on_startup=[start])
