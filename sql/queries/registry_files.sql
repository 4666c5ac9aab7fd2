-- The files of a version of the registry, no row where it was never kept. Parameter: version. Column: files (name, text).
SELECT files FROM registries WHERE version = {version:String} LIMIT 1
