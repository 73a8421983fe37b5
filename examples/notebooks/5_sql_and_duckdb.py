# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # SQL, and DuckDB beside it
#
# The file has the server's tables under the server's names. `sql()` runs any one `SELECT` on them
# and can do nothing else.

# %%
import playmirror as pm

mirror = pm.open("music.db")
fast = mirror.sql(
    "SELECT name, artist, tempo FROM tracks WHERE tempo > ? ORDER BY tempo DESC LIMIT 5", [150]
)
fast

# %% [markdown]
# The answer is a table of typed columns.

# %%
fast.schema

# %%
fast["tempo"][0], fast[0]

# %% [markdown]
# ## DuckDB
#
# It reads such tables where they lie, by Arrow; nothing is copied, and the mirror's file is not
# touched.

# %%
import duckdb

plays = mirror.plays.table().to_arrow()
tracks = mirror.sql("SELECT id, name, artist, energy FROM tracks").to_arrow()

duckdb.sql(
    """
    SELECT t.artist, count(*) AS plays, round(avg(t.energy), 2) AS energy
    FROM plays p JOIN tracks t ON t.id = p.track_id
    GROUP BY 1 ORDER BY plays DESC, t.artist LIMIT 5
    """
)

# %% [markdown]
# The same question, asked of the statistics: they know about several artists on one track.

# %%
mirror.stats.top_artists(limit=5).to_polars().select("name", "plays", "share")

# %% [markdown]
# ## Files
#
# Any table writes itself as CSV, safe to open in a spreadsheet, or as Parquet.

# %%
mirror.plays.table(limit=1000).to_csv("plays.csv")
mirror.plays.table().to_parquet("plays.parquet")
duckdb.sql("SELECT count(*) AS plays, count(DISTINCT track_id) AS tracks FROM 'plays.parquet'")

# %%
mirror.close()
