"""Tracks with their audio features, and the log of plays

Everything starts here: what Spotify said about a track, what ReccoBeats measured, and when it was
played.
"""

import sqlalchemy as sa
from alembic import op

revision = "1f0c6a52d9b1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tracks",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("reccobeats_id", sa.String()),
        sa.Column("name", sa.String()),
        sa.Column("artist", sa.String()),
        sa.Column("album", sa.String()),
        sa.Column("image_url", sa.String()),
        sa.Column("duration_ms", sa.Integer()),
        sa.Column("popularity", sa.Integer()),
        sa.Column("raw_data", sa.JSON()),
        sa.Column("danceability", sa.Float()),
        sa.Column("energy", sa.Float()),
        sa.Column("key", sa.Integer()),
        sa.Column("loudness", sa.Float()),
        sa.Column("mode", sa.Integer()),
        sa.Column("speechiness", sa.Float()),
        sa.Column("acousticness", sa.Float()),
        sa.Column("instrumentalness", sa.Float()),
        sa.Column("liveness", sa.Float()),
        sa.Column("valence", sa.Float()),
        sa.Column("tempo", sa.Float()),
        sa.Column("time_signature", sa.Integer()),
    )
    op.create_table(
        "play_history",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("track_id", sa.String(), sa.ForeignKey("tracks.id")),
        sa.Column("played_at", sa.DateTime()),
        sa.Column("context_uri", sa.String()),
    )


def downgrade() -> None:
    op.drop_table("play_history")
    op.drop_table("tracks")
