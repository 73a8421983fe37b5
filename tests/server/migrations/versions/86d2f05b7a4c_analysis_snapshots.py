"""Snapshots of the analysis: the numbers of a period and the story told about them"""

import sqlalchemy as sa
from alembic import op

revision = "86d2f05b7a4c"
down_revision = "4b7e19d3c802"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "analysis_snapshots",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("date", sa.DateTime()),
        sa.Column("period_start", sa.DateTime()),
        sa.Column("period_end", sa.DateTime()),
        sa.Column("period_label", sa.String()),
        sa.Column("metrics_payload", sa.JSON()),
        sa.Column("narrative_report", sa.JSON()),
        sa.Column("model_used", sa.String()),
    )


def downgrade() -> None:
    op.drop_table("analysis_snapshots")
