-- Businesses, apps, grants, uploads and shares, in the shape of every table.

-- +goose Up

CREATE TABLE businesses (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX businesses_owner ON businesses (owner, id);
CREATE UNIQUE INDEX businesses_key ON businesses (key) WHERE key IS NOT NULL;

CREATE TABLE apps (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX apps_owner ON apps (owner, id);
CREATE UNIQUE INDEX apps_key ON apps (key) WHERE key IS NOT NULL;

CREATE TABLE grants (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX grants_owner ON grants (owner, id);
CREATE UNIQUE INDEX grants_key ON grants (key) WHERE key IS NOT NULL;

CREATE TABLE uploads (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX uploads_owner ON uploads (owner, id);
CREATE UNIQUE INDEX uploads_key ON uploads (key) WHERE key IS NOT NULL;

CREATE TABLE shares (
    id    INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    key   BLOB,
    body  BLOB NOT NULL
);
CREATE INDEX shares_owner ON shares (owner, id);
CREATE UNIQUE INDEX shares_key ON shares (key) WHERE key IS NOT NULL;
