-- The subsidy halves as it should, so fees are what is left of the reward.
SELECT concat('height ', toString(height), ': subsidy ', toString(subsidy), ' sats') AS finding
FROM kept_blocks(commit = {commit:UInt64})
WHERE subsidy != if(intDiv(height, {halving:UInt32}) < 64, bitShiftRight(toUInt64(5000000000), intDiv(height, {halving:UInt32})), 0)
ORDER BY height LIMIT 20
