-- Who is waited for after they said that they are in danger: since when, until when, on which lane they spoke (empty: a door
-- of its own), and from when on the wait ends even if that lane was not read so far.
ALTER TABLE persons ADD COLUMN waited_since BIGINT;
ALTER TABLE persons ADD COLUMN waited_until BIGINT;
ALTER TABLE persons ADD COLUMN waited_lane TEXT;
ALTER TABLE persons ADD COLUMN waited_at_most BIGINT;
CREATE INDEX persons_waited ON persons (waited_until) WHERE waited_until IS NOT NULL;

-- The newest event that was read of a lane, by the events' own times.
ALTER TABLE lanes ADD COLUMN read_until BIGINT NOT NULL DEFAULT 0;
