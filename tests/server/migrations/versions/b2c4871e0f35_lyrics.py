"""Lyrics from Genius, and what a language model made of them"""

import sqlalchemy as sa
from alembic import op

revision = "b2c4871e0f35"
down_revision = "a93b50e8f61d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tracks", sa.Column("lyrics", sa.Text()))
    op.add_column("tracks", sa.Column("lyrics_summary", sa.String()))
    op.add_column("tracks", sa.Column("genre_tags", sa.String()))


def downgrade() -> None:
    op.drop_column("tracks", "genre_tags")
    op.drop_column("tracks", "lyrics_summary")
    op.drop_column("tracks", "lyrics")
