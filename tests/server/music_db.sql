-- The music database as its migrations leave it: the schema that playmirror mirrors, not owns.
--
-- The migrations beside this file are the truth for the server; check_schema.py loads this text
-- into an empty database and proves that both give the same catalog. Read it to see the whole.
--
-- Worth knowing before trusting a column:
--   * timestamps carry no zone; the backend writes UTC
--   * only primary keys are NOT NULL, and there is no index besides theirs
--   * json (not jsonb): the text comes back exactly as it was written

CREATE TABLE alembic_version (
    version_num varchar(32) PRIMARY KEY
);

CREATE TABLE artists (
    id varchar PRIMARY KEY,
    name varchar,
    genres json,                 -- array of strings; often NULL or []
    image_url varchar
);

CREATE TABLE tracks (
    id varchar PRIMARY KEY,
    reccobeats_id varchar,       -- set when the audio features below are
    name varchar,
    artist varchar,              -- for display only; track_artists holds the credits
    album varchar,
    image_url varchar,
    duration_ms integer,
    popularity integer,
    raw_data json,               -- what Spotify answered; credit order and ISRC live only here
    danceability float,
    energy float,
    key integer,                 -- pitch class, C = 0
    loudness float,
    mode integer,
    speechiness float,
    acousticness float,
    instrumentalness float,
    liveness float,
    valence float,
    tempo float,
    time_signature integer,
    genres json,                 -- from before artists had their own
    lyrics text,
    lyrics_summary varchar,
    genre_tags varchar,
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE track_artists (     -- a set: it has no order and no "primary"
    track_id varchar REFERENCES tracks (id),
    artist_id varchar REFERENCES artists (id),
    PRIMARY KEY (track_id, artist_id)
);

CREATE TABLE play_history (      -- a log: rows are added, never changed
    id serial PRIMARY KEY,
    track_id varchar REFERENCES tracks (id),
    played_at timestamp,
    context_uri varchar,
    listened_ms integer,         -- NULL when the source could not know
    skipped boolean,             -- NULL likewise, which is not false
    source varchar
);

CREATE TABLE analysis_snapshots (
    id serial PRIMARY KEY,
    date timestamp,
    period_start timestamp,
    period_end timestamp,
    period_label varchar,
    metrics_payload json,
    narrative_report json,
    model_used varchar,
    playlist_theme varchar,
    playlist_theme_reasoning text,
    six_hour_playlist_id varchar,
    daily_playlist_id varchar,
    playlist_composition json
);

CREATE TABLE playlist_config (
    key varchar PRIMARY KEY,
    spotify_id varchar,
    last_updated timestamp,
    current_theme varchar,
    description varchar,
    composition json
);
