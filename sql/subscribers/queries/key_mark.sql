-- Which key this database is sealed under: mark, in hexadecimal.
SELECT hex(mark)
FROM key_mark
LIMIT 1
