"""Artists, and who is credited on which track

The display string on a track could not tell "Earth, Wind & Fire" from three artists. The credits
are filled from the stored Spotify answers; genres belong to artists from here on, and
`tracks.genres` is only kept for old readers.
"""

import sqlalchemy as sa
from alembic import op

revision = "a93b50e8f61d"
down_revision = "86d2f05b7a4c"
branch_labels = None
depends_on = None

CREDITS_IN_RAW_DATA = """
    SELECT t.id AS track_id, credit ->> 'id' AS artist_id, credit ->> 'name' AS name
    FROM tracks t CROSS JOIN json_array_elements(t.raw_data -> 'artists') AS credit
    WHERE json_typeof(t.raw_data -> 'artists') = 'array' AND credit ->> 'id' IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        "artists",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("name", sa.String()),
        sa.Column("genres", sa.JSON()),
        sa.Column("image_url", sa.String()),
    )
    op.create_table(
        "track_artists",
        sa.Column("track_id", sa.String(), sa.ForeignKey("tracks.id"), primary_key=True),
        sa.Column("artist_id", sa.String(), sa.ForeignKey("artists.id"), primary_key=True),
    )
    op.execute(
        "INSERT INTO artists (id, name) "
        f"SELECT artist_id, min(name) FROM ({CREDITS_IN_RAW_DATA}) c GROUP BY artist_id"
    )
    op.execute(
        "INSERT INTO track_artists (track_id, artist_id) "
        f"SELECT DISTINCT track_id, artist_id FROM ({CREDITS_IN_RAW_DATA}) c"
    )


def downgrade() -> None:
    op.drop_table("track_artists")
    op.drop_table("artists")
