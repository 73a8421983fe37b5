# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The first sync
#
# A mirror is one SQLite file on this machine. Opening it makes it; nothing is asked of any network.

# %%
import playmirror as pm

mirror = pm.open("music.db")
mirror

# %% [markdown]
# A `Server` is the other end. `service=music` is a section of `~/.pg_service.conf`; any connection
# string of libpq will do. `doctor()` says what the role may not do, before anything is copied.

# %%
server = pm.connect("service=music")
server.doctor()

# %% [markdown]
# The first sync copies everything. The stop button ends it within a second, and the next one goes
# on where it stopped.

# %%
report = server.sync(mirror, progress=True)
report

# %% [markdown]
# The second one brings what has changed since, which is nothing: one round trip.

# %%
again = server.sync(mirror)
again.method, again.wire.round_trips

# %% [markdown]
# The mirror knows when that was, and `verify()` proves that it is the server's copy.

# %%
mirror

# %%
proof = server.verify(mirror)
assert proof.equal
proof

# %% [markdown]
# From here on the server is not needed. Everything below reads the file.

# %%
server.close()
mirror.stats.recent_plays(5)

# %%
track = mirror.tracks[mirror.stats.top_tracks(1)[0].track_id]
track.name, track.tempo, [artist.name for artist in mirror.tracks.artists(track.id)]

# %%
mirror.close()
