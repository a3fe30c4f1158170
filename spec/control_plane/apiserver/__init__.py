"""kube-apiserver as a pure function: a request and what is stored in, a response and what is then stored out."""
