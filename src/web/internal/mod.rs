//! What services and operators reach: the v1 API and health.
