/// \file
/// The members of all rows of the statistics, of what snapshots keep of them, and of the choices of
/// the filter.
#pragma once

#include <playmirror/metrics_members.hpp>
#include <playmirror/period_members.hpp>
#include <playmirror/stats_filter_members.hpp>
#include <playmirror/stats_habits_members.hpp>
#include <playmirror/stats_music_members.hpp>
#include <playmirror/stats_review_members.hpp>
#include <playmirror/stats_rhythm_members.hpp>
#include <playmirror/stats_story_members.hpp>
#include <playmirror/stats_top_members.hpp>
#include <playmirror/stats_totals_members.hpp>
