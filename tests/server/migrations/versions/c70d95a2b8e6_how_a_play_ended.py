"""How a play ended, and who told us

The recently-played list never says how long a track was heard; other sources do.
"""

import sqlalchemy as sa
from alembic import op

revision = "c70d95a2b8e6"
down_revision = "b2c4871e0f35"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("play_history", sa.Column("listened_ms", sa.Integer()))
    op.add_column("play_history", sa.Column("skipped", sa.Boolean()))
    op.add_column("play_history", sa.Column("source", sa.String()))


def downgrade() -> None:
    op.drop_column("play_history", "source")
    op.drop_column("play_history", "skipped")
    op.drop_column("play_history", "listened_ms")
