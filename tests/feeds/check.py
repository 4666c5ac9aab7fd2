"""Says what is wrong with feeds: one line for each fault, and status 1 where there is one.

    check.py FILE...

Atom is held against atom.rng and RSS against rss.rng, beside this file. What no such schema can say is looked at here: ids that are
unique, authors, dates that are days, relations that are there once.
"""

import re
import sys
from email.utils import parsedate_to_datetime
from pathlib import Path

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
HERE = Path(__file__).parent
# nothing is fetched and nothing is expanded: a feed with a document type is at fault by that alone
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def schema(name):
    return etree.RelaxNG(etree.parse(str(HERE / name)))


def unique(what, texts):
    seen = set()
    for text in texts:
        if text in seen:
            yield f"{what} {text} is there twice"
        seen.add(text)


def atom(feed):
    yield from unique("the id", (entry.findtext(ATOM + "id") for entry in feed.iter(ATOM + "entry")))
    if feed.find(ATOM + "author") is None:
        for entry in feed.iter(ATOM + "entry"):
            if entry.find(ATOM + "author") is None:
                yield f"entry {entry.findtext(ATOM + 'id')} has no author, and neither has the feed"
    for holder in [feed, *feed.iter(ATOM + "entry")]:
        links = [link for link in holder.findall(ATOM + "link") if link.get("rel", "alternate") == "alternate"]
        yield from unique("the alternate", ((link.get("type"), link.get("hreflang")) for link in links))
        if holder is not feed and not links and holder.find(ATOM + "content") is None:
            yield f"entry {holder.findtext(ATOM + 'id')} has neither content nor an alternate"
    if not any(link.get("rel") == "self" for link in feed.findall(ATOM + "link")):
        yield "the feed does not say where it is"


def rss(root):
    channel = root.find("channel")
    yield from unique("the guid", (guid.text for guid in channel.iter("guid")))
    for date in [*channel.iter("pubDate"), *channel.iter("lastBuildDate")]:
        # the pattern of the schema lets 31 Feb through, and a Monday that is a Tuesday
        try:
            if parsedate_to_datetime(date.text).strftime("%a") != date.text.strip()[:3]:
                yield f"{date.text} is another day of the week"
        except ValueError as error:
            yield f"{date.text}: {error}"
    for item in channel.iter("item"):
        if item.find("title") is None and item.find("description") is None:
            yield "an item has neither a title nor a description"
    # what a reader shows as HTML is not to become any
    for text in [*channel.iter("title"), *channel.iter("description")]:
        if re.search(r"<\s*[a-z/!?]", text.text or "", re.IGNORECASE):
            yield f"{text.tag} would be markup to readers that take it for HTML: {text.text}"


def faults(path):
    document = etree.parse(path, PARSER)
    if document.docinfo.doctype:
        yield "it has a document type"
    root = document.getroot()
    held = {ATOM + "feed": ("atom.rng", atom), "rss": ("rss.rng", rss)}.get(root.tag)
    if held is None:
        yield f"{root.tag} is neither Atom nor RSS"
        return
    name, further = held
    rules = schema(name)
    if rules.validate(document):
        yield from further(root)
    else:
        yield from (f"line {fault.line}: {fault.message}" for fault in rules.error_log)


found = False
for path in sys.argv[1:]:
    try:
        for fault in faults(path):
            found = True
            print(f"{path}: {fault}")
    except etree.XMLSyntaxError as error:
        found = True
        print(f"{path}: no XML: {error}")
sys.exit(1 if found else 0)
