"""The playlists that the backend maintains, and the theme each snapshot gave them"""

import sqlalchemy as sa
from alembic import op

revision = "d518b3f7604a"
down_revision = "c70d95a2b8e6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "playlist_config",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("spotify_id", sa.String()),
        sa.Column("last_updated", sa.DateTime()),
        sa.Column("current_theme", sa.String()),
        sa.Column("description", sa.String()),
    )
    op.add_column("analysis_snapshots", sa.Column("playlist_theme", sa.String()))
    op.add_column("analysis_snapshots", sa.Column("playlist_theme_reasoning", sa.String()))
    op.add_column("analysis_snapshots", sa.Column("six_hour_playlist_id", sa.String()))
    op.add_column("analysis_snapshots", sa.Column("daily_playlist_id", sa.String()))


def downgrade() -> None:
    op.drop_column("analysis_snapshots", "daily_playlist_id")
    op.drop_column("analysis_snapshots", "six_hour_playlist_id")
    op.drop_column("analysis_snapshots", "playlist_theme_reasoning")
    op.drop_column("analysis_snapshots", "playlist_theme")
    op.drop_table("playlist_config")
