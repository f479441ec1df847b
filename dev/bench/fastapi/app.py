"""A server as one writes it first: FastAPI, and one pymongo client per user for as long as the process lives."""

import os
from threading import Lock

from fastapi import FastAPI, Header
from pymongo import DESCENDING, MongoClient

CONNECTIONS = int(os.environ["CONNECTIONS"])

app = FastAPI()
clients = {}
opening = Lock()


def client_of(user_id):
    with opening:
        if user_id not in clients:
            clients[user_id] = MongoClient(os.environ["MONGODB_URI"], maxPoolSize=CONNECTIONS)
        return clients[user_id]


def timestamp(at):
    return at.isoformat(timespec="milliseconds") + "Z"


def shown(document):
    return {
        "id": str(document["_id"]),
        "title": document["title"],
        "content": document["content"],
        "tags": document["tags"],
        "views": document["views"],
        "likes": document["likes"],
        "created_at": timestamp(document["created_at"]),
        "updated_at": timestamp(document["updated_at"]),
    }


@app.get("/api/posts")
def list_posts(limit: int = 20, x_user_id: str = Header(...)):
    posts = client_of(x_user_id)[f"user_{x_user_id}_db"]["posts"]
    found = posts.find({}, sort=[("created_at", DESCENDING), ("_id", DESCENDING)], limit=limit)
    return {"user_id": x_user_id, "posts": [shown(document) for document in found]}
