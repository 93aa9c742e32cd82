//! Whole models, small.
