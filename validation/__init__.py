"""Is there an execution of a transition system that explains what was seen of it?"""
