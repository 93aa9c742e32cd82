-- Both dialects read this file: types are those that PostgreSQL knows and SQLite gives the right affinity, BYTEA is
-- written BLOB for SQLite, and {identity} is the dialect's own growing key.
CREATE TABLE meta (key TEXT PRIMARY KEY, value BYTEA NOT NULL);

-- The rule set in force; transactions of another are refused.
CREATE TABLE rulesets (
    hash TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL,
    activated_at BIGINT NOT NULL, in_force BIGINT NOT NULL
);

-- One row for each Kafka partition, and one for each other road; offsets live beside the effects.
CREATE TABLE lanes (
    lane TEXT PRIMARY KEY, start_at BIGINT NOT NULL, applied BIGINT NOT NULL, epoch BIGINT NOT NULL,
    evaluated BIGINT NOT NULL, duplicates BIGINT NOT NULL, quarantined BIGINT NOT NULL, gaps BIGINT NOT NULL
);

-- Rises with every person of whom something is remembered for the first time; a node whose filter has not seen it refreshes.
CREATE TABLE activations (id BIGINT PRIMARY KEY, generation BIGINT NOT NULL);
INSERT INTO activations (id, generation) VALUES (1, 0);

-- The row is the lock of the person.
CREATE TABLE persons (
    person TEXT PRIMARY KEY, episode BIGINT NOT NULL, data_key BYTEA,
    state TEXT, activated BIGINT NOT NULL
);
CREATE INDEX persons_activated ON persons (activated);

-- Events evaluated in full that stored something: what makes a later copy a duplicate.
CREATE TABLE events (
    source TEXT NOT NULL, event TEXT NOT NULL, content BYTEA NOT NULL, evaluated_at BIGINT NOT NULL,
    PRIMARY KEY (source, event, content)
);

CREATE TABLE signals (
    source TEXT NOT NULL, event TEXT NOT NULL, content BYTEA NOT NULL, name TEXT NOT NULL,
    person TEXT NOT NULL, episode BIGINT NOT NULL, occurred_at BIGINT NOT NULL, arrived_at BIGINT NOT NULL,
    age_band TEXT NOT NULL, act TEXT NOT NULL, category TEXT NOT NULL, order_id TEXT NOT NULL,
    merchant TEXT NOT NULL, quantity BIGINT NOT NULL, items TEXT NOT NULL, expected BIGINT, spans TEXT NOT NULL,
    ruleset TEXT NOT NULL,
    PRIMARY KEY (source, event, content, name)
);
CREATE INDEX signals_person ON signals (person, occurred_at);

-- Words of persons, under the person's own key.
CREATE TABLE texts (
    source TEXT NOT NULL, event TEXT NOT NULL, content BYTEA NOT NULL, person TEXT NOT NULL,
    sealed BYTEA NOT NULL, stored_at BIGINT NOT NULL,
    PRIMARY KEY (source, event, content)
);
CREATE INDEX texts_person ON texts (person);

CREATE TABLE cases (
    case_id TEXT PRIMARY KEY, person TEXT NOT NULL, episode BIGINT NOT NULL, state TEXT NOT NULL, level BIGINT NOT NULL,
    types BIGINT NOT NULL, intent BIGINT NOT NULL, means BIGINT NOT NULL, harm BIGINT NOT NULL,
    signalled_at BIGINT NOT NULL, opened_at BIGINT NOT NULL, deadline_at BIGINT NOT NULL, means_arrival_at BIGINT,
    due_at BIGINT NOT NULL, holder TEXT, lease_no BIGINT NOT NULL, lease_until BIGINT, revision BIGINT NOT NULL,
    rules TEXT NOT NULL, opened_source TEXT NOT NULL, opened_event TEXT NOT NULL, opened_content BYTEA NOT NULL,
    contact TEXT, safety TEXT, verdict TEXT, closed_at BIGINT
);
-- A person has at most one case that is not closed: the database itself holds the promise.
CREATE UNIQUE INDEX cases_one_open ON cases (person) WHERE state <> 'CLOSED';
CREATE INDEX cases_queue ON cases (level DESC, due_at, opened_at, case_id) WHERE state <> 'CLOSED';
CREATE INDEX cases_closed ON cases (closed_at DESC, case_id) WHERE state = 'CLOSED';

CREATE TABLE notes (
    note_id TEXT PRIMARY KEY, case_id TEXT NOT NULL, actor TEXT NOT NULL, written_at BIGINT NOT NULL,
    after_lease BIGINT NOT NULL, sealed BYTEA NOT NULL
);
CREATE INDEX notes_case ON notes (case_id, written_at);

-- Ids of tasks, holds and help already asked for a person.
CREATE TABLE asked (person TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (person, id));
CREATE TABLE tasks (
    task_id TEXT PRIMARY KEY, action TEXT NOT NULL, order_id TEXT NOT NULL, merchant TEXT NOT NULL, asked_at BIGINT NOT NULL
);
CREATE TABLE holds (
    hold_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, state TEXT NOT NULL, owner TEXT NOT NULL,
    asked_at BIGINT NOT NULL, expires_at BIGINT NOT NULL
);

-- What leaves the house; rows are taken by being undone, never by id.
CREATE TABLE notices (
    notice_id TEXT PRIMARY KEY, topic TEXT NOT NULL, body BYTEA NOT NULL, decided_at BIGINT NOT NULL, published_at BIGINT
);
CREATE INDEX notices_waiting ON notices (decided_at, notice_id) WHERE published_at IS NULL;

CREATE TABLE quarantine (
    quarantine_id TEXT PRIMARY KEY, origin TEXT NOT NULL, reason TEXT NOT NULL, urgent BIGINT NOT NULL,
    sealed BYTEA NOT NULL, received_at BIGINT NOT NULL, due_at BIGINT NOT NULL, reviewed_at BIGINT
);
CREATE INDEX quarantine_waiting ON quarantine (urgent DESC, due_at) WHERE reviewed_at IS NULL;

-- The exact bytes of audit records; a single sequencer gives them their place in the tree.
CREATE TABLE leaves (id {identity}, bytes BYTEA NOT NULL, seq BIGINT UNIQUE);
CREATE INDEX leaves_waiting ON leaves (id) WHERE seq IS NULL;
CREATE TABLE tree (id BIGINT PRIMARY KEY, size BIGINT NOT NULL, hashes BYTEA NOT NULL, root BYTEA NOT NULL);
