"""Computes the lines of `examples/figures.rs` of crates/metrics anew, with scipy and statsmodels, and by definitions written
out the long way. Exits with 1 where anything differs by more than a part in a thousand million, and prints where."""

import sys
from collections import Counter
from math import inf, isnan

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import multinomial_proportions_confint, proportion_confint

CLOSE = 1e-9
# what is 0 to one may be the last digits of a sum to the other
NOTHING = 1e-6

checked, worst, failed = Counter(), Counter(), []


def same(what, case, ours, theirs, nothing=NOTHING):
    """Holds one figure against another, relative to the larger, or to `nothing` where both are smaller."""
    ours, theirs = float(ours), float(theirs)
    apart = abs(ours - theirs) / max(abs(ours), abs(theirs), nothing)
    checked[what] += 1
    worst[what] = max(worst[what], apart)
    if isnan(ours) or isnan(theirs) or apart > CLOSE:
        failed.append(f"{what} of {case}: {ours!r}, by others {theirs!r}")


def holders(counts, part, strictly):
    """How few of the largest hold a part, counted with whole numbers: part is a pair."""
    held = 0
    for place, blocks in enumerate(sorted(counts, reverse=True), 1):
        held += int(blocks)
        ours, needed = held * part[1], int(sum(counts)) * part[0]
        if ours > needed or (not strictly and ours == needed):
            return place
    raise ValueError("nobody holds as much")


def gini(counts):
    """Half the mean difference of all pairs over the mean."""
    return np.abs(np.subtract.outer(counts, counts)).mean() / (2 * np.mean(counts))


def renyi(shares, alpha):
    """By the formula, in numbers of more digits than ours."""
    shares = shares.astype(np.longdouble)
    return np.log2((shares ** np.longdouble(alpha)).sum()) / (1 - np.longdouble(alpha))


def index(word, counts):
    """An index by its name, of counts above 0."""
    total, entities = counts.sum(), len(counts)
    shares = counts / total
    largest = np.sort(shares)[::-1]
    bits = stats.entropy(shares, base=2)
    return {
        "hhi": lambda: 10_000 * (shares**2).sum(),
        "hhi_unbiased": lambda: 10_000 * (counts * (counts - 1)).sum() / (total * (total - 1)),
        "effective_number": lambda: 1 / (shares**2).sum(),
        "nakamoto": lambda: holders(counts, (1, 2), True),
        "nakamoto_third": lambda: holders(counts, (1, 3), True),
        "tau_33": lambda: holders(counts, (33, 100), False),
        "tau_66": lambda: holders(counts, (66, 100), False),
        "cr1": lambda: largest[:1].sum(),
        "cr2": lambda: largest[:2].sum(),
        "cr3": lambda: largest[:3].sum(),
        "cr6": lambda: largest[:6].sum(),
        "gini": lambda: gini(counts),
        "shannon": lambda: bits,
        "shannon_corrected": lambda: bits + (entities - 1) / (2 * total * np.log(2)),
        "renyi2": lambda: -np.log2((shares**2).sum()),
        "hartley": lambda: np.log2(entities),
        "min_entropy": lambda: -np.log2(largest[0]),
        "entropy_ratio": lambda: bits / np.log2(entities) if entities > 1 else 0,
        # the divergence from all alike
        "theil": lambda: stats.entropy(shares, np.full(entities, 1 / entities)),
        "entities": lambda: entities,
    }[word]()


def simpson(counts):
    """The interval of the HHI at 95 %, with the variance as Simpson printed it."""
    n, shares = counts.sum(), counts / counts.sum()
    estimate = max((counts * (counts - 1)).sum(), 1) / (n * (n - 1))
    second, third = (shares**2).sum(), (shares**3).sum()
    variance = 4 * n * (n - 1) * (n - 2) * third + 2 * n * (n - 1) * second - 2 * n * (n - 1) * (2 * n - 3) * second**2
    factor = np.exp(stats.norm.ppf(0.975) * np.sqrt(max(variance, 0)) / (n * (n - 1)) / estimate)
    return 10_000 * estimate / factor, min(10_000 * estimate * factor, 10_000)


def jackknife(counts):
    """The interval of Shannon's entropy at 95 %, with each block left out in its turn."""
    n = counts.sum()
    without = []
    for place in range(len(counts)):
        fewer = counts.copy()
        fewer[place] -= 1
        without.append(stats.entropy(fewer, base=2))
    mean = np.average(without, weights=counts)
    estimate = n * stats.entropy(counts, base=2) - (n - 1) * mean
    margin = stats.norm.ppf(0.975) * np.sqrt((n - 1) / n * (counts * (np.array(without) - mean) ** 2).sum())
    return max(estimate - margin, 0), estimate + margin


def jeffreys(hits, trials, confidence):
    """Quantiles of the posterior, and the ends where all or nothing was hit."""
    low, high = proportion_confint(hits, trials, alpha=1 - confidence, method="jeffreys")
    share = hits / trials
    return 0 if hits == 0 else min(low, share), 1 if hits == trials else max(high, share)


def poisson(mean, confidence):
    """The largest k with P(X < k) <= a/2 and the smallest k with P(X > k) <= a/2, from scipy's quantiles outwards."""
    tail = (1 - confidence) / 2
    low = int(stats.poisson.ppf(tail, mean)) + 2
    while low > 0 and stats.poisson.cdf(low - 1, mean) > tail:
        low -= 1
    high = max(int(stats.poisson.ppf(1 - tail, mean)) - 2, 0)
    while stats.poisson.sf(high, mean) > tail:
        high += 1
    return low, high


def numbers(text):
    return np.array([float(number) for number in text.split(";")])


def check(line, windows):
    what, *cells = line.split(",")
    if what == "window":
        windows[cells[0]] = numbers(cells[1])
        return
    case = line[:200]
    if what in ("wilson", "jeffreys"):
        hits, trials, confidence = int(cells[0]), int(cells[1]), float(cells[2])
        if what == "wilson":
            theirs = proportion_confint(hits, trials, alpha=1 - confidence, method="wilson")
        else:
            theirs = jeffreys(hits, trials, confidence)
        for ours, their in zip(cells[3:], theirs, strict=True):
            # quantiles may be small, and are to be right all the same
            same(what, case, ours, their, 1e-30 if what == "jeffreys" else NOTHING)
    elif what == "above":
        hits, trials, threshold = int(cells[0]), int(cells[1]), float(cells[2])
        same(what, case, cells[3], stats.beta.sf(threshold, hits + 0.5, trials - hits + 0.5), 1e-30)
    elif what == "poisson":
        for ours, their in zip(cells[2:], poisson(float(cells[0]), float(cells[1])), strict=True):
            same(what, case, ours, their)
    elif what == "holm":
        for ours, their in zip(numbers(cells[1]), multipletests(numbers(cells[0]), method="holm")[1], strict=True):
            same(what, case, ours, their)
    else:
        check_window(what, case, cells, windows[cells[0]])


def check_window(what, case, cells, counts):
    found = counts[counts > 0]
    if what == "index":
        same(cells[1], case, cells[2], index(cells[1], found))
    elif what == "renyi":
        alpha, shares = float(cells[1]), found / found.sum()
        same(what, case, cells[2], renyi(shares, alpha))
    elif what == "population":
        everybody = np.concatenate([found, np.zeros(int(cells[1]) - len(found))])
        same("gini of a population", case, cells[2], gini(everybody))
        same("theil of a population", case, cells[3], stats.entropy(everybody, np.ones(len(everybody))))
    elif what == "goodman":
        theirs = multinomial_proportions_confint(counts, alpha=1 - float(cells[1]), method="goodman")
        for ours, their in zip(numbers(cells[2]), theirs[:, 0], strict=True):
            same(what, case, ours, their)
        for ours, their in zip(numbers(cells[3]), theirs[:, 1], strict=True):
            same(what, case, ours, their)
    elif what == "interval" and len(found) > 1:
        low, high = {"hhi": simpson, "shannon": jackknife}[cells[1]](found)
        value = index(cells[1], found)
        same(f"interval of {cells[1]}", case, cells[2], min(low, value))
        same(f"interval of {cells[1]}", case, cells[3], max(high, value))


def main():
    windows = {}
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            check(line.rstrip("\n"), windows)
    for what, number in sorted(checked.items()):
        print(f"statistics: {what}: {number} figures, at most {worst[what]:.0e} apart")
    for failure in failed[:20]:
        print(f"statistics: differs: {failure}")
    if failed or sum(checked.values()) < 10_000 or inf in worst.values():
        sys.exit(f"statistics: {len(failed)} of {sum(checked.values())} figures differ")


main()
