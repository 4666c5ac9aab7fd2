-- Whether a table has a column. Parameters: database, table, column. Columns: 1 where it has, else 0.
SELECT count() FROM system.columns
WHERE database = {database:String} AND table = {table:String} AND name = {column:String}
