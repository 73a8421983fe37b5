# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Audio features over time
#
# Tracks carry features such as energy and valence, where their source has them. Every mean says of
# how many plays it is, and those of fewer than five are not drawn.

# %%
import playmirror as pm

mirror = pm.open("music.db")
profile = mirror.stats.audio_profile()
profile.plot()

# %% [markdown]
# Coverage is the share of plays whose track has the feature. It belongs beside every mean.

# %%
profile.features.to_pandas()[["feature", "n", "coverage", "mean", "stddev", "median"]]

# %% [markdown]
# ## Month by month

# %%
trend = mirror.stats.audio_trend("month", tz="Europe/Berlin")
trend.plot(feature="energy")

# %% [markdown]
# Several at once: `plot()` draws on an axes of yours, too.

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(2, 2, figsize=(9, 6), layout="constrained", facecolor="none")
for ax, feature in zip(
    axes.flat, ("valence", "danceability", "acousticness", "tempo"), strict=True
):
    trend.plot(ax, feature=feature)

# %% [markdown]
# ## Moods
#
# Plays between sad and happy, calm and lively.

# %%
mirror.stats.moods().plot()

# %% [markdown]
# Are evenings calmer than mornings? A filter of ours, in SQL, with polars.

# %%
table = mirror.sql(
    """
    SELECT CAST(strftime('%H', p.played_at) AS INTEGER) AS hour, t.energy
    FROM play_history p JOIN tracks t ON t.id = p.track_id
    WHERE t.energy IS NOT NULL
    """
)
frame = table.to_polars()
frame.group_by("hour").mean().sort("hour").head(5)

# %%
mirror.close()
