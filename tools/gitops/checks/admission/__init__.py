"""Admission policies and CRD rules, evaluated offline as the API server does; ``docs/admission.md`` says how far that goes."""
