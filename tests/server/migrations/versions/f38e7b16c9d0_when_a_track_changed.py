"""When a track was first seen and last enriched"""

import sqlalchemy as sa
from alembic import op

revision = "f38e7b16c9d0"
down_revision = "e6a1d4097c52"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tracks", sa.Column("created_at", sa.DateTime()))
    op.add_column("tracks", sa.Column("updated_at", sa.DateTime()))


def downgrade() -> None:
    op.drop_column("tracks", "updated_at")
    op.drop_column("tracks", "created_at")
