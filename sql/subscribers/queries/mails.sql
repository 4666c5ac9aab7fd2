-- Mails with notices since {since} (Unix seconds), the first first: the address's mark and when.
SELECT address_mark, at
FROM mails
WHERE at >= toDateTime({since:UInt32}, 'UTC')
ORDER BY at
