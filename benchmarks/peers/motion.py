"""The peer of motion.ts: the same steps with OpenCV for Python. Waits for a line before each step and prints its seconds."""

import json
import sys
import time

import cv2
import numpy as np

config = json.loads(sys.argv[1])
side, count = config["side"], config["frames"]
cv2.setNumThreads(config["threads"])
frames = np.fromfile(config["path"], np.uint8).reshape(count, side, side, 3)[..., ::-1]
frames = [np.ascontiguousarray(frame) for frame in frames]
gray = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in frames]
pairs = list(zip(gray, gray[1:]))


def flow():
    for first, second in pairs:
        cv2.calcOpticalFlowFarneback(first, second, None, 0.5, 3, 15, 3, 5, 1.2, 0)


def points(chosen=pairs):
    for first, second in chosen:
        corners = cv2.goodFeaturesToTrack(first, 500, 0.01, 3)
        there, status, _ = cv2.calcOpticalFlowPyrLK(first, second, corners, None, winSize=(15, 15), maxLevel=3)
        back, returned, _ = cv2.calcOpticalFlowPyrLK(second, first, there, None, winSize=(15, 15), maxLevel=3)
        off = np.linalg.norm((back - corners)[:, 0], axis=1)
        found = (status[:, 0] == 1) & (returned[:, 0] == 1) & (off <= 0.5)
        cv2.findHomography(corners[found], there[found], cv2.RANSAC, 1)


def tracks():
    tracker = cv2.TrackerKCF_create()
    tracker.init(frames[0], config["box"])
    for frame in frames[1:]:
        tracker.update(frame)


def patch():
    points(pairs[:1])
    tracks()


step = {"flow": flow, "points": points, "tracks": tracks, "patch": patch}[config["step"]]
for _ in sys.stdin:
    began = time.perf_counter()
    step()
    print(time.perf_counter() - began, flush=True)
print("null", flush=True)
