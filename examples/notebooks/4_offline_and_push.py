# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Working offline, and pushing
#
# On the train: no server. Plays and analysis snapshots are recorded in the file, and every
# statistic counts them at once.

# %%
from datetime import datetime, timedelta, timezone

import playmirror as pm

mirror = pm.open("music.db")
favourite = mirror.stats.top_tracks(1)[0]
before = favourite.plays

now = datetime.now(timezone.utc).replace(microsecond=0)
play = mirror.plays.add(
    track_id=favourite.track_id,
    played_at=now - timedelta(minutes=4),
    listened_ms=183_000,
    skipped=False,
    source="notebook",
)
play

# %% [markdown]
# Its id is negative: provisional, until the server has given one.

# %%
assert play.id < 0
mirror.stats.top_tracks(1)[0].plays - before

# %% [markdown]
# A play is its track and its instant. Recording it twice gives the first one back.

# %%
twice = mirror.plays.add(track_id=favourite.track_id, played_at=now - timedelta(minutes=4))
assert twice == play

# %% [markdown]
# A snapshot of the last 30 days is computed here and recorded like a play.

# %%
snapshot = mirror.snapshots.compute(pm.Period.last_days(30), tz="Europe/Berlin", now=now)
sorted(snapshot.metrics_payload_json)

# %% [markdown]
# What waits to be sent:

# %%
mirror

# %%
for entry in mirror.pending():
    print(entry.state, entry.table, entry.key)

# %% [markdown]
# ## Back home
#
# The push sends each row exactly once, whatever happens to the line in between.

# %%
with pm.connect("service=music") as server:
    report = server.sync(mirror)
    equal = server.verify(mirror).equal

assert equal
report

# %% [markdown]
# The provisional id still finds the play, under the server's id.

# %%
pushed = mirror.plays[play.id]
assert pushed.id > 0
pushed

# %%
assert mirror.status().pending == 0
mirror.close()
