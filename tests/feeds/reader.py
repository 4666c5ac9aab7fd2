"""The feed reader of tests: asks for feeds again and again, as readers do, and prints what is new in them as lines of JSON.

    reader.py URL...

An entry is known by its id (Atom) or guid (RSS). It is printed when it is seen first, and again whenever it has changed since.
A feed that cannot be read is printed as a problem. Ends with its standard input.
"""

import json
import sys
import threading
import time

import feedparser


def looked_at(url, known, etag):
    feed = feedparser.parse(url, etag=etag)
    status = feed.get("status")
    # nobody there, or nothing new
    if status in (None, 304):
        return etag
    if status != 200 or feed.bozo:
        print(json.dumps({"feed": url, "problem": str(feed.get("bozo_exception", status))}), flush=True)
        return None
    for entry in reversed(feed.entries):
        told = {
            "title": entry.title,
            "link": entry.link,
            "text": entry.summary,
            "categories": [tag.term for tag in entry.tags],
            # RSS has one date for both
            "published": entry.get("published"),
            "updated": entry.get("updated", entry.get("published")),
        }
        if known.get(entry.id) != told:
            again = entry.id in known
            known[entry.id] = told
            print(json.dumps({"feed": url, "id": entry.id, "again": again, **told}), flush=True)
    return feed.get("etag")


def read(urls):
    known, etags = {url: {} for url in urls}, {}
    while True:
        for url in urls:
            etags[url] = looked_at(url, known[url], etags.get(url))
        time.sleep(0.3)


threading.Thread(target=read, args=(sys.argv[1:],), daemon=True).start()
sys.stdin.read()
