"""A report for programs: JSON, and JUnit XML for build servers."""
