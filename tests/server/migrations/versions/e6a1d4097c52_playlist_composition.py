"""Remember what was in a playlist, now and at the time of each snapshot

The reasoning behind a theme outgrew what anybody calls a string, and becomes text.
"""

import sqlalchemy as sa
from alembic import op

revision = "e6a1d4097c52"
down_revision = "d518b3f7604a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("analysis_snapshots", sa.Column("playlist_composition", sa.JSON()))
    op.add_column("playlist_config", sa.Column("composition", sa.JSON()))
    op.alter_column("analysis_snapshots", "playlist_theme_reasoning", type_=sa.Text())


def downgrade() -> None:
    op.alter_column("analysis_snapshots", "playlist_theme_reasoning", type_=sa.String())
    op.drop_column("playlist_config", "composition")
    op.drop_column("analysis_snapshots", "playlist_composition")
