-- Notices are numbered without gaps, each alert begins by being raised and goes on from the level where it was.
SELECT concat('notice ', toString(seq), ': ', what) AS finding
FROM (
    SELECT seq, multiIf(
        seq != row_number, 'the one before it is missing',
        from_level != before, concat('it goes on from level ', toString(from_level), ', not from ', toString(before)),
        change NOT IN ('raised', 'worsened', 'eased', 'over', 'withdrawn'), concat('unknown change ', change),
        '') AS what
    FROM (
        SELECT seq, change, from_level,
            row_number() OVER (ORDER BY seq) AS row_number,
            lagInFrame(level, 1, 0) OVER (PARTITION BY alert ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
        FROM (SELECT seq, any(alert) AS alert, any(change) AS change, any(from_level) AS from_level, any(level) AS level
              FROM notices GROUP BY seq)
    )
)
WHERE what != '' ORDER BY seq LIMIT 20
