-- Ids of which more than one version is sealed, as where a target was changed and a kill came before the one that was was erased:
-- id, newest.
SELECT id, max(version) AS newest
FROM secrets
GROUP BY id
HAVING min(version) < max(version)
ORDER BY id
