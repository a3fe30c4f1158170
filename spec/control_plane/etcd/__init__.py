"""etcd: its members, their leader and the quorum without which nothing is written; the store itself is the engine's."""
