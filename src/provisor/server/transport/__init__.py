"""HTTP beneath SCIM: requests, answers, errors, conditions, and who is asking."""
