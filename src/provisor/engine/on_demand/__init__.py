"""People who are named, shown on their way through the stages: provisioned now, tried, or explained."""
