package sqlcatalog

import (
	"strings"

	"github.com/parterre/parterre/catalog/driver"
)

// statements are the texts for one table.
type statements struct {
	row, byKey, ascending, descending, next, put, remove string
}

// statementsOf writes the texts for each table of the contract. The name of a table can come from nowhere else.
func statementsOf(tables []driver.Table) map[driver.Table]statements {
	all := make(map[driver.Table]statements, len(tables))
	for _, t := range tables {
		named := func(text string) string { return strings.ReplaceAll(text, "{table}", string(t)) }
		all[t] = statements{
			row:   named(`SELECT id, owner, key, body FROM {table} WHERE id = $1`),
			byKey: named(`SELECT id, owner, key, body FROM {table} WHERE key = $1`),
			ascending: named(`SELECT id, owner, key, body FROM {table} WHERE owner = $1 AND id > $2
				ORDER BY id LIMIT $3`),
			descending: named(`SELECT id, owner, key, body FROM {table} WHERE owner = $1 AND id < $2
				ORDER BY id DESC LIMIT $3`),
			next: named(`INSERT INTO sequences (name, top) VALUES ('{table}', $1) ON CONFLICT (name) DO UPDATE
				SET top = CASE WHEN sequences.top < excluded.top THEN excluded.top ELSE sequences.top + 1 END
				RETURNING top`),
			put: named(`INSERT INTO {table} (id, owner, key, body) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE
				SET owner = excluded.owner, key = excluded.key, body = excluded.body`),
			remove: named(`DELETE FROM {table} WHERE id = $1`),
		}
	}
	return all
}
