#!/usr/bin/env python3
"""A script as people write them against mempool.space's mining API. Only the host is its own business:

    mempool_script.py https://mempool.space
    mempool_script.py http://127.0.0.1:8080

It asks every endpoint that docs/mempool.md lists, takes from the answers what scripts take (shares, hashrates in EH/s, days to the
retarget, page after page of a pool's blocks), and holds each field against its documented type. It prints a table, one row an endpoint,
and ends with status 1 where anything is missing, of another type, or at odds with the rest. Standard library only.
"""

import datetime
import json
import re
import sys
import urllib.request

NONE = type(None)
NUMBER = (int, float)
PERIODS = ("24h", "3d", "1w", "1m", "3m", "6m", "1y", "2y", "3y", "4y", "all")
DAY = 86_400
WEEK = 7 * DAY

POOL = {
    "poolId": int, "name": str, "link": str, "blockCount": int, "rank": int, "emptyBlocks": int, "slug": str,
    "avgMatchRate": (*NUMBER, NONE), "avgFeeDelta": (str, NONE), "poolUniqueId": int,
}
POOLS = {
    "pools": list, "blockCount": int, "lastEstimatedHashrate": NUMBER, "lastEstimatedHashrate3d": NUMBER,
    "lastEstimatedHashrate1w": NUMBER,
}
POOL_DETAIL = {
    "pool": dict, "blockCount": dict, "blockShare": dict, "estimatedHashrate": NUMBER, "reportedHashrate": (*NUMBER, NONE),
    "avgBlockHealth": (*NUMBER, NONE), "totalReward": (str, int),
}
POOL_MARKS = {
    "id": int, "name": str, "link": str, "addresses": list, "regexes": list, "slug": str, "unique_id": int,
}
BLOCK = {
    "id": str, "height": int, "version": int, "timestamp": int, "bits": int, "nonce": int, "difficulty": NUMBER,
    "merkle_root": str, "tx_count": int, "size": (int, NONE), "weight": (int, NONE), "previousblockhash": str,
    "mediantime": int, "extras": dict,
}
EXTRAS = {
    "totalFees": int, "medianFee": (*NUMBER, NONE), "feeRange": (list, NONE), "reward": int, "pool": dict, "avgFee": NUMBER,
    "avgFeeRate": (*NUMBER, NONE), "coinbaseRaw": str, "coinbaseAddress": (str, NONE), "coinbaseSignature": (str, NONE),
    "coinbaseSignatureAscii": (str, NONE), "avgTxSize": (*NUMBER, NONE), "totalInputs": (int, NONE), "totalOutputs": (int, NONE),
    "totalOutputAmt": (int, NONE), "medianFeeAmt": (int, NONE), "feePercentiles": (list, NONE), "segwitTotalTxs": (int, NONE),
    "segwitTotalSize": (int, NONE), "segwitTotalWeight": (int, NONE), "header": str, "utxoSetChange": (int, NONE),
    "utxoSetSize": (int, NONE), "totalInputAmt": (int, NONE), "virtualSize": (*NUMBER, NONE), "orphans": (list, NONE),
    "matchRate": (*NUMBER, NONE), "expectedFees": (int, NONE), "expectedWeight": (int, NONE),
}
BLOCK_POOL = {"id": int, "name": str, "slug": str}
POOL_WEEK = {"timestamp": int, "avgHashrate": NUMBER, "share": NUMBER, "poolName": str}
HASHRATE = {"hashrates": list, "difficulty": list, "currentHashrate": NUMBER, "currentDifficulty": NUMBER}
NETWORK_DAY = {"timestamp": int, "avgHashrate": NUMBER}
DIFFICULTY = {"time": int, "height": int, "difficulty": NUMBER, "adjustment": NUMBER}
ADJUSTMENT = {
    "progressPercent": NUMBER, "difficultyChange": NUMBER, "estimatedRetargetDate": int, "remainingBlocks": int,
    "remainingTime": int, "previousRetarget": NUMBER, "previousTime": int, "nextRetargetHeight": int, "timeAvg": int,
    "adjustedTimeAvg": int, "timeOffset": int, "expectedBlocks": NUMBER,
}
REWARDS = {"startBlock": int, "endBlock": int, "totalReward": str, "totalFee": str, "totalTx": str}
AT_TIME = {"height": int, "hash": str, "timestamp": str}


class Walk:
    """The answers of one host, and what was found wrong with them."""

    def __init__(self, base):
        self.base = base.rstrip("/")
        self.rows = []
        self.wrong = []
        self.path = ""

    def text(self, path):
        self.path = path
        with urllib.request.urlopen(self.base + path, timeout=60) as answer:
            return answer.read().decode(), answer.headers

    def json(self, path):
        return json.loads(self.text(path)[0])

    def expect(self, holds, what):
        if not holds:
            self.wrong.append(f"{self.path}: {what}")

    def fields(self, found, types):
        """Every documented field is there, and of its type."""
        if not isinstance(found, dict):
            self.expect(False, f"{type(found).__name__} where an object is documented")
            return
        for name, wanted in types.items():
            value = found.get(name, ...)
            # true and false are numbers to Python, and to nobody else
            fits = isinstance(value, wanted) and not isinstance(value, bool)
            self.expect(fits, f"{name} is {'missing' if value is ... else repr(value)[:60]}")

    def told(self, endpoint, summary):
        self.rows.append((endpoint, summary))


def exahashes(rate):
    return f"{rate / 1e18:.1f} EH/s"


def pools(walk):
    """Market share, as every dashboard computes it."""
    for period in ("", *(f"/{period}" for period in PERIODS)):
        found = walk.json(f"/api/v1/mining/pools{period}")
        walk.fields(found, POOLS)
        for pool in found["pools"]:
            walk.fields(pool, POOL)
        walk.expect(sum(pool["blockCount"] for pool in found["pools"]) == found["blockCount"], "blocks do not add up")
        walk.expect([pool["rank"] for pool in found["pools"]] == list(range(1, len(found["pools"]) + 1)), "ranks are not 1, 2, 3")
        first = found["pools"][0]
        share = first["blockCount"] / found["blockCount"]
        rate = share * found["lastEstimatedHashrate"]
        walk.told(f"mining/pools{period}", f"{len(found['pools'])} pools, {found['blockCount']} blocks, first "
                  f"{first['name']} {share:.1%}, {exahashes(rate)}")
    return [pool["slug"] for pool in found["pools"]]


def pool(walk, slug):
    found = walk.json(f"/api/v1/mining/pool/{slug}")
    walk.fields(found, POOL_DETAIL)
    walk.fields(found["pool"], POOL_MARKS)
    for period in ("all", "24h", "1w"):
        walk.expect(type(found["blockCount"].get(period)) is int, f"blockCount.{period}")
        walk.expect(0 <= found["blockShare"].get(period, -1) <= 1, f"blockShare.{period}")
    for expression in found["pool"]["regexes"]:
        re.compile(expression)
    btc = int(found["totalReward"]) / 1e8
    walk.told(f"mining/pool/{slug}", f"{found['blockCount']['all']} blocks, {btc:.2f} BTC, {exahashes(found['estimatedHashrate'])}")


def pool_weeks(walk, slug):
    found = walk.json(f"/api/v1/mining/pool/{slug}/hashrate")
    for week in found:
        walk.fields(week, POOL_WEEK)
    times = [week["timestamp"] for week in found]
    walk.expect(times == sorted(set(times)), "weeks are not in order")
    best = max((week["avgHashrate"] for week in found), default=0)
    walk.told(f"mining/pool/{slug}/hashrate", f"{len(found)} weeks, {exahashes(best)} at best")


def pool_blocks(walk, slug):
    """Three pages, each below the last block of the one before."""
    path, heights = f"/api/v1/mining/pool/{slug}/blocks", []
    for _ in range(3):
        page = walk.json(path)
        for block in page:
            walk.fields(block, BLOCK)
            walk.fields(block["extras"], EXTRAS)
            walk.fields(block["extras"]["pool"], BLOCK_POOL)
            walk.expect(block["extras"]["pool"]["slug"] == slug, "a block of another pool")
            walk.expect(block["extras"]["reward"] >= block["extras"]["totalFees"], "more fees than reward")
        walk.expect(len(page) <= 10, "more than ten blocks")
        heights += [block["height"] for block in page]
        if not page:
            break
        path = f"/api/v1/mining/pool/{slug}/blocks/{heights[-1]}"
    walk.expect(heights == sorted(set(heights), reverse=True), "heights do not fall")
    walk.told(f"mining/pool/{slug}/blocks", f"{len(heights)} blocks" + (f" from {heights[0]} down" if heights else ""))


def hashrate(walk):
    for period in ("", "/3d", "/1w", "/1m", "/1y", "/all"):
        found = walk.json(f"/api/v1/mining/hashrate{period}")
        walk.fields(found, HASHRATE)
        for day in found["hashrates"]:
            walk.fields(day, NETWORK_DAY)
        for change in found["difficulty"]:
            walk.fields(change, DIFFICULTY)
        times = [day["timestamp"] for day in found["hashrates"]]
        walk.expect(times == sorted(set(times)) and all(time % DAY == 0 for time in times), "days are not midnights in order")
        walk.told(f"mining/hashrate{period}", f"{len(times)} days, {len(found['difficulty'])} retargets, now "
                  f"{exahashes(found['currentHashrate'])} at {found['currentDifficulty']:.4g}")


def pools_weeks(walk):
    for period in ("", "/1m", "/6m", "/all"):
        found = walk.json(f"/api/v1/mining/hashrate/pools{period}")
        shares = {}
        for week in found:
            walk.fields(week, POOL_WEEK)
            shares[week["timestamp"]] = shares.get(week["timestamp"], 0) + week["share"]
        walk.expect(list(shares) == sorted(shares), "weeks are not in order")
        walk.expect(all(share <= 1.000001 for share in shares.values()), "shares of more than all")
        walk.expect(all(time % WEEK == 4 * DAY for time in shares), "weeks do not end on Mondays")
        walk.told(f"mining/hashrate/pools{period}", f"{len(shares)} weeks, {len({week['poolName'] for week in found})} pools")


def difficulty(walk, tip):
    for period in ("", "/1m", "/1y", "/all"):
        found = walk.json(f"/api/v1/mining/difficulty-adjustments{period}")
        for row in found:
            walk.expect(len(row) == 4 and all(isinstance(cell, NUMBER) for cell in row), f"not four numbers: {row}")
        heights = [height for _, height, _, _ in found]
        walk.expect(heights == sorted(heights, reverse=True), "not the newest first")
        for (_, _, new, change), (_, _, old, _) in zip(found, found[1:]):
            walk.expect(abs(new / old / change - 1) < 1e-5, f"{new} is not {change} times {old}")
        walk.told(f"mining/difficulty-adjustments{period}", f"{len(found)} adjustments")
    found = walk.json("/api/v1/difficulty-adjustment")
    walk.fields(found, ADJUSTMENT)
    walk.expect(found["nextRetargetHeight"] - found["remainingBlocks"] in (tip, tip + 1), "the epoch does not end where it says")
    walk.expect(found["nextRetargetHeight"] % 2016 == 0, "no retarget is due there")
    walk.expect(-75 <= found["difficultyChange"] <= 300, "no retarget changes as much")
    date = datetime.datetime.fromtimestamp(found["estimatedRetargetDate"] / 1000, datetime.timezone.utc)
    walk.told("difficulty-adjustment", f"{found['difficultyChange']:+.2f} % in {found['remainingTime'] / 1000 / DAY:.1f} days, "
              f"on {date:%Y-%m-%d}, a block in {found['timeAvg'] / 1000:.0f} s")


def rewards(walk, tip):
    for blocks in (1, 144, 1008):
        found = walk.json(f"/api/v1/mining/reward-stats/{blocks}")
        walk.fields(found, REWARDS)
        count = found["endBlock"] - found["startBlock"] + 1
        walk.expect(count == blocks and found["endBlock"] - tip in (0, 1), "not the last blocks")
        reward, fee = int(found["totalReward"]), int(found["totalFee"])
        walk.told(f"mining/reward-stats/{blocks}", f"{reward / count / 1e8:.4f} BTC a block, {fee / reward:.2%} of it fees, "
                  f"{int(found['totalTx']) / count:.1f} transactions")


def tip(walk):
    """Plain text, by each of its addresses."""
    heights = []
    for path in ("/api/blocks/tip/height", "/api/v1/blocks/tip/height"):
        text, headers = walk.text(path)
        walk.expect(text.isdigit(), f"no height: {text[:60]!r}")
        walk.expect(headers.get_content_type() in ("text/plain", "application/json"), headers["content-type"])
        heights.append(int(text))
    found, _ = walk.text("/api/blocks/tip/hash")
    walk.expect(re.fullmatch("[0-9a-f]{64}", found) is not None, f"no hash: {found[:70]!r}")
    walk.told("blocks/tip", f"{heights[0]} {found[:16]}...")
    return heights[0]


def moments(walk):
    """The block of a day ago, and that of the last adjustment."""
    last = walk.json("/api/v1/mining/difficulty-adjustments")[0]
    for time in (last[0], last[0] + DAY):
        found = walk.json(f"/api/v1/mining/blocks/timestamp/{time}")
        walk.fields(found, AT_TIME)
        when = datetime.datetime.strptime(found["timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
        walk.expect(when.timestamp() <= time, "a block from after the moment")
        walk.told("mining/blocks/timestamp/...", f"{found['height']} at {when:%Y-%m-%d %H:%M}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    walk = Walk(sys.argv[1])
    at = tip(walk)
    slugs = pools(walk)
    for slug in (slugs[0], slugs[len(slugs) // 2], "unknown"):
        pool(walk, slug)
        pool_weeks(walk, slug)
        pool_blocks(walk, slug)
    hashrate(walk)
    pools_weeks(walk)
    difficulty(walk, at)
    rewards(walk, at)
    moments(walk)
    width = max(len(endpoint) for endpoint, _ in walk.rows)
    for endpoint, summary in walk.rows:
        print(f"{endpoint:<{width}}  {summary}")
    for wrong in walk.wrong:
        print(f"WRONG {wrong}")
    print(f"{len(walk.rows)} answers, {len(walk.wrong)} wrong")
    sys.exit(1 if walk.wrong else 0)


if __name__ == "__main__":
    main()
