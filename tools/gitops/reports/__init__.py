"""The findings of one run in several views: for people, for merge requests, for pipelines, for other programs."""
