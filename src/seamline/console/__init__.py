"""The pages a person opens in a browser: HTML made on the server, whole without JavaScript, livelier with it.

`Console` holds what the pages share; `handlers` are given to `http.serve.serve`. No rule of the domain is made here.
"""

from seamline.console.mount import Console

__all__ = ["Console"]
