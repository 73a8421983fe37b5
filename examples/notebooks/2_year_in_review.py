# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A year in review
#
# Without a network: the mirror of the first notebook is all it takes. Days and hours are those of
# the zone you name.

# %%
import playmirror as pm

YEAR = 2026
ZONE = "Europe/Berlin"

mirror = pm.open("music.db")
year = mirror.stats.year_in_review(YEAR, tz=ZONE)
year.plot()

# %% [markdown]
# All of it is data, too: records with fields, and tables for pandas, polars or DuckDB.

# %%
year.totals

# %%
year.artists.to_pandas()[["rank", "name", "plays", "days"]]

# %% [markdown]
# ## Day by day

# %%
days = mirror.stats.activity("day", period=str(YEAR), tz=ZONE)
days.plot(kind="calendar")

# %%
mirror.stats.heatmap(period=str(YEAR), tz=ZONE).plot()

# %% [markdown]
# ## Beside the year before
#
# Arrows tell how many places an artist has won since.

# %%
before = mirror.stats.top_artists(period=str(YEAR - 1), tz=ZONE, limit=0)
mirror.stats.top_artists(period=str(YEAR), tz=ZONE).plot(base=before)

# %%
year.compare.plot()

# %% [markdown]
# ## What came and went

# %%
mirror.stats.evolution("artist", "month", period=str(YEAR), tz=ZONE, limit=6).plot()

# %%
mirror.stats.obsessions(period=str(YEAR), tz=ZONE)

# %% [markdown]
# How far to trust all this: which plays have gaps.

# %%
mirror.stats.data_quality(period=str(YEAR), tz=ZONE).plot()

# %%
mirror.close()
