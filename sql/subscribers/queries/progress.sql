-- How far each subscription is served: id, version, seq, tries, since, next_at.
SELECT id, version, seq, tries, since, next_at
FROM progress FINAL
ORDER BY id
