"""The cluster's DNS server, as CoreDNS serves it: what it answers, and what pods ask it for (dns-addons §1 to §3)."""
