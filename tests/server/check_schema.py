#!/usr/bin/env python3
"""Proves that the migrations give exactly the schema of music_db.sql, and undo themselves.

Compared are the catalogs of two databases: every column with its position, type, NOT NULL and
default, every constraint, index and sequence. Then all migrations are taken back, one by one,
after which nothing may be left, and applied again. Exit code 0 when all of it holds.
"""

import difflib
import sys

from cluster import Cluster
from databases import HERE, alembic, make_template

CATALOG = """
SELECT format('column %s.%s %s %s %s default %s', c.relname, lpad(a.attnum::text, 2, '0'),
              a.attname, format_type(a.atttypid, a.atttypmod),
              CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END,
              coalesce(pg_get_expr(d.adbin, d.adrelid), '-'))
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT format('constraint on %s: %s', conrelid::regclass, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT format('index on %s: %s unique %s', indrelid::regclass, indkey::text, indisunique)
FROM pg_index JOIN pg_class c ON c.oid = indexrelid
WHERE c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT format('sequence %s as %s owned by %s.%s', s.seqrelid::regclass,
              format_type(s.seqtypid, NULL), d.refobjid::regclass, d.refobjsubid)
FROM pg_sequence s JOIN pg_depend d ON d.objid = s.seqrelid AND d.deptype IN ('a', 'i')
ORDER BY 1
"""


def main() -> int:
    with Cluster() as cluster:
        make_template(cluster)
        cluster.psql("CREATE DATABASE expected")
        cluster.psql((HERE / "music_db.sql").read_text(), "expected")
        expected = cluster.psql(CATALOG, "expected").splitlines()

        def check(what: str, wanted: list[str]) -> int:
            found = cluster.psql(CATALOG, "music_template").splitlines()
            for line in difflib.unified_diff(wanted, found, "expected", "found", lineterm="", n=0):
                print(line)
            print(f"{what}: {'equal' if found == wanted else 'DIFFERENT'} ({len(found)} entries)")
            return found != wanted

        alembic_only = [line for line in expected if "alembic_version" in line]
        problems = check("alembic upgrade head", expected)
        for _ in alembic(cluster, "music_template", "history").splitlines():
            alembic(cluster, "music_template", "downgrade", "-1")
        problems += check("every downgrade", alembic_only)
        alembic(cluster, "music_template", "upgrade", "head")
        problems += check("upgrade head again", expected)
    print("check_schema: " + ("FAILED" if problems else "ok"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
