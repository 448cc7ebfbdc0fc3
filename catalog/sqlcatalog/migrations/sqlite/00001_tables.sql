-- Every table of the catalogue has the same shape: see docs/format/catalog.md.

-- +goose Up

CREATE TABLE sequences (
    name TEXT NOT NULL PRIMARY KEY,
    top  INTEGER NOT NULL
);

CREATE TABLE ad_accounts (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX ad_accounts_owner ON ad_accounts (owner, id);
CREATE UNIQUE INDEX ad_accounts_key ON ad_accounts (key) WHERE key IS NOT NULL;

CREATE TABLE tokens (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX tokens_owner ON tokens (owner, id);
CREATE UNIQUE INDEX tokens_key ON tokens (key) WHERE key IS NOT NULL;

CREATE TABLE roles (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX roles_owner ON roles (owner, id);
CREATE UNIQUE INDEX roles_key ON roles (key) WHERE key IS NOT NULL;

CREATE TABLE audiences (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX audiences_owner ON audiences (owner, id);
CREATE UNIQUE INDEX audiences_key ON audiences (key) WHERE key IS NOT NULL;

CREATE TABLE removed_audiences (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX removed_audiences_owner ON removed_audiences (owner, id);
CREATE UNIQUE INDEX removed_audiences_key ON removed_audiences (key) WHERE key IS NOT NULL;

CREATE TABLE audience_versions (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX audience_versions_owner ON audience_versions (owner, id);
CREATE UNIQUE INDEX audience_versions_key ON audience_versions (key) WHERE key IS NOT NULL;

CREATE TABLE customer_lists (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX customer_lists_owner ON customer_lists (owner, id);
CREATE UNIQUE INDEX customer_lists_key ON customer_lists (key) WHERE key IS NOT NULL;

CREATE TABLE list_batches (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX list_batches_owner ON list_batches (owner, id);
CREATE UNIQUE INDEX list_batches_key ON list_batches (key) WHERE key IS NOT NULL;

CREATE TABLE conversion_tags (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX conversion_tags_owner ON conversion_tags (owner, id);
CREATE UNIQUE INDEX conversion_tags_key ON conversion_tags (key) WHERE key IS NOT NULL;

CREATE TABLE jobs (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX jobs_owner ON jobs (owner, id);
CREATE UNIQUE INDEX jobs_key ON jobs (key) WHERE key IS NOT NULL;

CREATE TABLE audit (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX audit_owner ON audit (owner, id);
CREATE UNIQUE INDEX audit_key ON audit (key) WHERE key IS NOT NULL;

CREATE TABLE settings (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX settings_owner ON settings (owner, id);
CREATE UNIQUE INDEX settings_key ON settings (key) WHERE key IS NOT NULL;
