#!/usr/bin/env python3
"""Writes an object of an S3-like store by conditional requests, unless a later leader has.

    tenure run service/index/leader -- sh -c \\
        'TENURE_OBJECT=http://store:9000/bucket/index object_store.py < index.json'

The store knows nothing of fences, but it can replace an object only if it is the one that was read:
If-Match with its ETag, or If-None-Match: * for one that does not exist. The fence is in the
object's metadata. boto3 has the same as put_object(IfMatch=..., Metadata={"fence": ...}).
Exit code 3: fenced, a later leader has written.
"""
import os
import sys
import urllib.error
import urllib.request


def head(url):
    """The fence and the ETag of the object; 0 and None if there is none."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD")) as answer:
            etag = answer.headers["ETag"]
            if not etag:
                sys.exit(url + ": the store sends no ETag, so no write can be conditional")
            return int(answer.headers.get("x-amz-meta-fence", 0)), etag
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return 0, None


def write(url, content, fence):
    while True:
        seen, etag = head(url)
        if fence < seen:
            return False
        condition = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        request = urllib.request.Request(url, content, method="PUT", headers={
            "x-amz-meta-fence": str(fence), **condition})
        try:
            with urllib.request.urlopen(request):
                return True
        except urllib.error.HTTPError as error:
            # 409 and 412: another writer was faster. 404: the object that was read is deleted. It
            # is read again; a 404 for an object that did not exist is a bucket that does not.
            if error.code not in (409, 412) and not (error.code == 404 and etag):
                raise


if __name__ == "__main__":
    if not write(os.environ["TENURE_OBJECT"], sys.stdin.buffer.read(),
                 int(os.environ["TENURE_FENCE"])):
        print("fenced: a later leader has written", file=sys.stderr)
        sys.exit(3)
