-- How many proofs there are, doubles among them: it grows whenever one is added. Column: rows.
SELECT count() AS rows FROM proofs
