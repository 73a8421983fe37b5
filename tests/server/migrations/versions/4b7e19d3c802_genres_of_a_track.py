"""Genres of a track

Copied from its artists when the track was fetched.
"""

import sqlalchemy as sa
from alembic import op

revision = "4b7e19d3c802"
down_revision = "1f0c6a52d9b1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tracks", sa.Column("genres", sa.JSON()))


def downgrade() -> None:
    op.drop_column("tracks", "genres")
