//! hashwatch-metrics
